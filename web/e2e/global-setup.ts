/** One server for the tests that share one, unless BALLAST_URL names one that runs. */
import { administrate, makeIdleProfile, Server } from "./server";

export default async function start(): Promise<() => Promise<void>> {
  if (process.env.BALLAST_URL !== undefined) return () => Promise.resolve();
  const server = await Server.start({ settings: "[identity]\nregistration_open = true\n" });
  const token = await administrate(server);
  process.env.BALLAST_E2E_PROFILE = await makeIdleProfile(server.url, token);
  process.env.BALLAST_URL = `${server.url}/`;
  return () => server.stop();
}
