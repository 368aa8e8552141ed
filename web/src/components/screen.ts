/** Which shell is shown. */
import { useMediaQuery } from "@mantine/hooks";

const query = (text: string) => (): boolean =>
  useMediaQuery(text, window.matchMedia(text).matches, { getInitialValueInEffect: false });

export const useIsPhone = query("(max-width: 767px)");

/** Room for the panel at the right. */
export const useIsWide = query("(min-width: 1280px)");
