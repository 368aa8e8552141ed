/** One server for the tests that share one, unless BALLAST_URL names one that runs. */
import {
  administrate,
  makeIdleProfile,
  makePosition,
  makeProfile,
  makeResting,
  makeRun,
  makeTrade,
  Server,
} from "./server";

export default async function start(): Promise<() => Promise<void>> {
  if (process.env.BALLAST_URL !== undefined) return () => Promise.resolve();
  // Pictures need a market that has had some hours.
  const speed = Number(process.env.BALLAST_E2E_MARKET_SPEED ?? "1");
  const anchor = new Date().toISOString();
  const market = speed > 1 ? `[market]\nspeed = ${speed}\nanchor = "${anchor}"\n` : "";
  const settings = `[identity]\nregistration_open = true\n${market}`;
  const server = await Server.start({ settings });
  const token = await administrate(server);
  const profile = await makeIdleProfile(server.url, token);
  process.env.BALLAST_E2E_PROFILE = profile;
  process.env.BALLAST_E2E_TRADE = await makeTrade(server.url, token, profile);
  const holder = await makeIdleProfile(server.url, token, "Holder");
  process.env.BALLAST_E2E_HOLDER = holder;
  process.env.BALLAST_E2E_POSITION = await makePosition(server.url, token, holder);
  const cooldown = { limits: { cooldownMinutes: 600 } };
  const never = { entry: "close > 1000000" };
  const locked = await makeProfile(server.url, token, "Locked", never, cooldown);
  process.env.BALLAST_E2E_LOCKED = locked;
  await makeTrade(server.url, token, locked);
  const resting = await makeIdleProfile(server.url, token, "Resting");
  process.env.BALLAST_E2E_RESTING = resting;
  await makeResting(server.url, token, resting);
  process.env.BALLAST_E2E_RUN = await makeRun(server.url, token);
  process.env.BALLAST_URL = `${server.url}/`;
  return () => server.stop();
}
