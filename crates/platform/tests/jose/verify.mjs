// Checks each token of the command line against the keys of a URL, as any outside service would:
//   node verify.mjs <jwks url> <issuer> <audience> <time, in seconds> <token>...
// Prints one line of JSON per token: its claims, or the code of the refusal.
import { createRemoteJWKSet, jwtVerify } from "jose";

const [url, issuer, audience, seconds, ...tokens] = process.argv.slice(2);
const keys = createRemoteJWKSet(new URL(url));
const currentDate = new Date(Number(seconds) * 1000);
for (const token of tokens) {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience, currentDate });
    console.log(JSON.stringify({ alg: protectedHeader.alg, claims: payload }));
  } catch (error) {
    console.log(JSON.stringify({ refused: error.code }));
  }
}
