/** Which release these files are of, and whether that is too old. */

/** Written by the build. */
export const clientVersion = import.meta.env.VITE_CLIENT_VERSION as string | undefined;

/** Whether a version of three numbers is below another one. */
export function isBelow(version: string, least: string): boolean {
  const [own, needed] = [numbers(version), numbers(least)];
  for (let place = 0; place < 3; place += 1) {
    const difference = (own[place] ?? 0) - (needed[place] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function numbers(version: string): number[] {
  return version.split(/[.+-]/).slice(0, 3).map(Number);
}
