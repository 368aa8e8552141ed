/** Opens the command palette, which is loaded after everything else. */
import { createSpotlight } from "@mantine/spotlight";

const [store, controls] = createSpotlight();

export const paletteStore = store;
export const openPalette = controls.open;
