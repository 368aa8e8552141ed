/** The colours of both looks; the page that is shown before any script runs has them too. */

export interface Palette {
  page: string;
  surface: string;
  raised: string;
  line: string;
  text: string;
  muted: string;
  accentText: string;
  teal: string;
  orange: string;
  green: string;
  red: string;
  warning: string;
  warningSoft: string;
  critical: string;
  criticalSoft: string;
  good: string;
}

export const DARK: Palette = {
  page: "#0f1214",
  surface: "#15191c",
  raised: "#1c2125",
  line: "#282e33",
  text: "#e3e7ea",
  muted: "#98a3ac",
  accentText: "#93acf8",
  teal: "#35bdb2",
  orange: "#f3815a",
  green: "#4cbb6c",
  red: "#f2777a",
  warning: "#e0b04c",
  warningSoft: "#2c2512",
  critical: "#ff8583",
  criticalSoft: "#331a1a",
  good: "#35bdb2",
};

export const LIGHT: Palette = {
  page: "#f4f5f6",
  surface: "#ffffff",
  raised: "#f7f8f9",
  line: "#dfe3e6",
  text: "#1a2025",
  muted: "#5b6670",
  accentText: "#3450b8",
  teal: "#08766f",
  orange: "#b03a0a",
  green: "#1a7f37",
  red: "#c8282f",
  warning: "#8a5d00",
  warningSoft: "#fdf4dc",
  critical: "#b4231f",
  criticalSoft: "#fdecea",
  good: "#08766f",
};
