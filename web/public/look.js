// Before anything is drawn: the look that was chosen here, as the theme keeps and names it.
try {
  const chosen = localStorage.getItem("mantine-color-scheme-value");
  if (chosen === "dark" || chosen === "light") {
    document.documentElement.dataset.mantineColorScheme = chosen;
  }
} catch {
  // Where nothing can be kept, the look is the system's.
}
