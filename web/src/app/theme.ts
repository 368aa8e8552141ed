/**
 * The instrument panel's look, once: colours, type, spacing and the defaults of components.
 * Style sheets use only the variables that are made here.
 */
import {
  ActionIcon,
  Alert,
  Button,
  createTheme,
  Drawer,
  InputWrapper,
  Modal,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from "@mantine/core";

/** The one accent: what can be acted on. */
const accent: MantineColorsTuple = [
  "#eef2ff",
  "#dfe6fd",
  "#bccaf9",
  "#97adf6",
  "#7d98f4",
  "#6283ee",
  "#4a6de0",
  "#3a59c7",
  "#304aa6",
  "#273c86",
];

const neutralDark: MantineColorsTuple = [
  "#e6e9ec",
  "#c9ced3",
  "#a3abb3",
  "#7d868f",
  "#454d54",
  "#2b3238",
  "#20262b",
  "#171b1f",
  "#111518",
  "#0c0f11",
];

const neutralLight: MantineColorsTuple = [
  "#f7f8f9",
  "#f0f2f4",
  "#e4e7ea",
  "#d5dade",
  "#b8bfc6",
  "#8f99a3",
  "#5e6871",
  "#454e57",
  "#2f373e",
  "#1b2126",
];

/** What lies above the page has the surface of a panel. */
const OVERLAY = {
  content: { background: "var(--surface)", border: "1px solid var(--line)" },
  header: { background: "var(--surface)" },
  title: { fontWeight: 600 },
};

/** A note beside what it is about: its tone in the border and a breath of it behind the text. */
function noteColours(tone: "critical" | "warning") {
  return {
    "--alert-bg": `color-mix(in srgb, var(--${tone}) 6%, var(--surface))`,
    "--alert-bd": `1px solid color-mix(in srgb, var(--${tone}) 45%, transparent)`,
    "--alert-color": `var(--${tone})`,
  };
}

/** The heading of a dialog is not the page's banner. */
const NO_BANNER = { header: { role: "none" } };

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 6 },
  colors: { accent, dark: neutralDark, gray: neutralLight },
  black: "#161b1f",
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.35", sm: "1.45", md: "1.5", lg: "1.5", xl: "1.4" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  defaultRadius: "md",
  radius: { xs: "2px", sm: "4px", md: "8px", lg: "8px", xl: "16px" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "20px", lineHeight: "28px" },
      h2: { fontSize: "16px", lineHeight: "24px" },
      h3: { fontSize: "14px", lineHeight: "20px" },
    },
  },
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Alert: Alert.extend({
      // On the element itself, where the component would put its own heavier colours.
      vars: (_, { color }) => ({ root: noteColours(color === "red" ? "critical" : "warning") }),
      styles: { message: { color: "var(--text)" }, title: { color: "var(--text)" } },
    }),
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" } }),
    InputWrapper: InputWrapper.extend({ styles: { description: { fontSize: 12 } } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
        attributes: NO_BANNER,
      },
      styles: OVERLAY,
    }),
    Drawer: Drawer.extend({
      defaultProps: { closeButtonProps: { "aria-label": "Close" }, attributes: NO_BANNER },
      styles: OVERLAY,
    }),
  },
});

interface Palette {
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

const DARK: Palette = {
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

const LIGHT: Palette = {
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

function variables(palette: Palette): Record<string, string> {
  return {
    "--page": palette.page,
    "--surface": palette.surface,
    "--raised": palette.raised,
    "--line": palette.line,
    "--text": palette.text,
    "--muted": palette.muted,
    "--accent": palette.accentText,
    "--teal": palette.teal,
    "--orange": palette.orange,
    "--green": palette.green,
    "--red": palette.red,
    "--warning": palette.warning,
    "--warning-soft": palette.warningSoft,
    "--critical": palette.critical,
    "--critical-soft": palette.criticalSoft,
    "--good": palette.good,
    "--mantine-color-body": palette.page,
    "--mantine-color-text": palette.text,
    "--mantine-color-dimmed": palette.muted,
    "--mantine-color-default": palette.surface,
    "--mantine-color-default-hover": palette.raised,
    "--mantine-color-default-border": palette.line,
    "--mantine-color-error": palette.critical,
    "--mantine-color-red-outline": palette.critical,
    "--mantine-color-red-filled": "#bd3a35",
    "--mantine-color-red-filled-hover": "#a5322d",
    "--mantine-color-anchor": palette.accentText,
    "--mantine-color-placeholder": palette.muted,
  };
}

export const cssVariables: CSSVariablesResolver = () => ({
  variables: { "--sidebar": "208px", "--sidebar-folded": "56px" },
  dark: variables(DARK),
  light: variables(LIGHT),
});
