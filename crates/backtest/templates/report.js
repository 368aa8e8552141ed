"use strict";
// Shows the values under the pointer in the heading of each chart.
for (const chart of document.querySelectorAll("[data-cursor]")) {
  const cursor = JSON.parse(chart.dataset.cursor);
  const readout = chart.querySelector("output");
  const lines = chart.querySelectorAll(".cursor");
  const text = (point) => {
    const parts = [new Date(point[1]).toISOString().slice(0, cursor.time).replace("T", " ")];
    cursor.labels.forEach((label, i) => {
      const digits = cursor.decimals[i];
      const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      const number = point[i + 2].toLocaleString("en", options).replace("-", "\u2212");
      parts.push(`${label} ${number}${cursor.units[i]}`);
    });
    return parts.join(" \u00b7 ");
  };
  const nearest = (place) => {
    let low = 0;
    let high = cursor.points.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (cursor.points[middle][0] < place) low = middle;
      else high = middle;
    }
    const [before, after] = [cursor.points[low], cursor.points[high]];
    return place - before[0] < after[0] - place ? before : after;
  };
  for (const plot of chart.querySelectorAll(".plot")) {
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      const point = nearest(((event.clientX - box.left) / box.width) * 100);
      readout.textContent = text(point);
      for (const line of lines) {
        line.setAttribute("x1", `${point[0]}%`);
        line.setAttribute("x2", `${point[0]}%`);
        line.classList.add("shown");
      }
    });
    plot.addEventListener("pointerleave", () => {
      readout.textContent = "";
      for (const line of lines) line.classList.remove("shown");
    });
  }
}
