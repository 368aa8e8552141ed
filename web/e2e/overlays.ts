/** What opens over the views, as the tests go through it. */
import type { Page } from "@playwright/test";
import { expect } from "./fixtures";

export interface Overlay {
  name: string;
  open: (app: Page) => Promise<void>;
  /** The other shell has it not, or has another one. */
  only?: "desktop" | "phone";
}

/** A profile that holds a position with a stop, and changes nothing by itself. */
const holder = (rest = "") => `profiles/${process.env.BALLAST_E2E_HOLDER ?? ""}${rest}`;

async function press(app: Page, name: string | RegExp): Promise<void> {
  await app.getByRole("button", { name, exact: true }).first().click();
}

async function dialog(app: Page, name: string | RegExp): Promise<void> {
  await expect(app.getByRole("dialog", { name })).toBeVisible();
}

/** A dialog that a button of the profile which holds something opens. */
const ofHolder = (button: string, title: string | RegExp, rest?: string) => async (app: Page) => {
  await app.goto(holder(rest));
  await press(app, button);
  await dialog(app, title);
};

async function openMenuOfProfile(app: Page): Promise<void> {
  await app.goto(holder());
  await press(app, "More");
  await expect(app.getByRole("menuitem", { name: "Remove…" })).toBeVisible();
}

/** Its code comes late, so that it is asked for until it is there, and never once it is. */
async function openPalette(app: Page, ask: () => Promise<void>): Promise<void> {
  const palette = app.getByRole("dialog", { name: "Commands" });
  await expect(async () => {
    if (!(await palette.isVisible())) await ask();
    await expect(palette).toBeVisible({ timeout: 1_000 });
  }).toPass();
}

export const OVERLAYS: Overlay[] = [
  {
    name: "palette",
    open: async (app) => {
      await openPalette(app, () => press(app, /^Go to, or do/));
    },
  },
  {
    name: "palette-by-key",
    only: "desktop",
    open: async (app) => {
      await openPalette(app, () => app.keyboard.press("?"));
    },
  },
  {
    name: "account",
    open: async (app) => {
      await app.getByRole("button", { name: /^Account/ }).click();
      await expect(app.getByRole("menuitem", { name: "Sign out" })).toBeVisible();
    },
  },
  {
    name: "control-badge",
    open: async (app) => {
      await app.getByRole("button", { name: /^Trading control/ }).click();
      await expect(app.getByText("Profiles may enter trades.")).toBeVisible();
    },
  },
  {
    name: "more-views",
    only: "phone",
    open: async (app) => {
      await press(app, "More");
      await dialog(app, "More");
    },
  },
  { name: "profile-menu", only: "desktop", open: openMenuOfProfile },
  {
    name: "remove",
    only: "desktop",
    open: async (app) => {
      await openMenuOfProfile(app);
      await app.getByRole("menuitem", { name: "Remove…" }).click();
      await dialog(app, "Remove Holder?");
      await expect(app.getByRole("menu")).toHaveCount(0);
    },
  },
  { name: "stop", open: ofHolder("Stop", "Stop Holder?") },
  { name: "flatten", open: ofHolder("Flatten", "Close everything that Holder holds?") },
  { name: "close", open: ofHolder("Close ACME", "Close ACME?", "?tab=positions") },
  {
    name: "stop-and-targets",
    only: "desktop",
    open: async (app) => {
      await ofHolder("Stop and targets of ACME", "Stop and targets of ACME", "?tab=positions")(app);
      await press(app, "Add a target");
      await expect(app.getByLabel("Price of the new target")).toBeVisible();
    },
  },
  {
    name: "ticket-of-two",
    only: "desktop",
    open: async (app) => {
      await app.goto("positions?ticket=new");
      await app.getByLabel(/^Two orders/).check();
      await expect(app.getByRole("group", { name: "The other order" })).toBeVisible();
    },
  },
  {
    name: "lift-lock",
    only: "desktop",
    open: async (app) => {
      await app.goto(`profiles/${process.env.BALLAST_E2E_LOCKED ?? ""}`);
      await press(app, "Lift the lock of ACME");
      await dialog(app, "Let Locked enter ACME now?");
    },
  },
  {
    name: "change-order",
    only: "desktop",
    open: async (app) => {
      await app.goto(`profiles/${process.env.BALLAST_E2E_RESTING ?? ""}?tab=orders`);
      await press(app, "Change the order in ACME");
      await expect(app.getByRole("textbox", { name: "Limit price" })).toBeVisible();
    },
  },
  {
    name: "changed-limits",
    only: "desktop",
    open: async (app) => {
      await app.goto("limits");
      await app.getByRole("textbox", { name: "Largest exposure" }).fill("much");
      await expect(app.getByRole("region", { name: "Changes that are not saved" })).toBeVisible();
    },
  },
  {
    name: "choice-of-zone",
    open: async (app) => {
      await app.goto("settings");
      await app.getByRole("combobox", { name: "Time zone" }).click();
      await expect(app.getByRole("option").first()).toBeVisible();
    },
  },
];

/** Whether it is one of this shell's. */
export const isIn = ({ only }: Overlay, isPhone: boolean): boolean =>
  only === undefined || (only === "phone") === isPhone;
