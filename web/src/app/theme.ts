/**
 * The instrument panel's look, once: colours, type, spacing and the defaults of components.
 * Style sheets use only the variables that are made here.
 */
import {
  createTheme,
  type ActionIcon,
  type Alert,
  type Button,
  type CSSVariablesResolver,
  type Drawer,
  type InputWrapper,
  type MantineColorsTuple,
  type Modal,
  type Select,
} from "@mantine/core";
import { DARK, LIGHT, type Palette } from "./palette";

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

// By their types alone: the theme is part of the first load, dialogs are not.
type Defaults<Component extends { extend: (defaults: never) => unknown }> = Parameters<
  Component["extend"]
>[0];

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
    Alert: {
      // On the element itself, where the component would put its own heavier colours.
      vars: (_, { color }) => ({ root: noteColours(color === "red" ? "critical" : "warning") }),
      styles: { message: { color: "var(--text)" }, title: { color: "var(--text)" } },
    } satisfies Defaults<typeof Alert>,
    Button: { defaultProps: { size: "sm" } } satisfies Defaults<typeof Button>,
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } } satisfies Defaults<
      typeof ActionIcon
    >,
    InputWrapper: { styles: { description: { fontSize: 12 } } } satisfies Defaults<
      typeof InputWrapper
    >,
    Select: {
      // In its landmark, and with a list that scrolls by itself: so it is one for a screen reader.
      defaultProps: { comboboxProps: { withinPortal: false }, withScrollArea: false },
      styles: { options: { maxHeight: 240, overflowY: "auto" } },
    } satisfies Defaults<typeof Select>,
    Modal: {
      defaultProps: {
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
        attributes: NO_BANNER,
      },
      styles: OVERLAY,
    } satisfies Defaults<typeof Modal>,
    Drawer: {
      defaultProps: { closeButtonProps: { "aria-label": "Close" }, attributes: NO_BANNER },
      styles: OVERLAY,
    } satisfies Defaults<typeof Drawer>,
  },
});

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
