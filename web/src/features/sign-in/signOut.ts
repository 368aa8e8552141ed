import { answerOf, platform } from "~/api/client";
import { endSession } from "~/api/session";

/** Ends the session here, or on every device. */
export async function signOut(everywhere: boolean): Promise<void> {
  const told = answerOf(
    everywhere
      ? platform.POST("/platform/api/auth/logout-everywhere")
      : platform.POST("/platform/api/auth/logout", { body: {} }),
  );
  // Elsewhere it must be known to have worked; here the person leaves whatever the server says.
  if (everywhere) await told;
  else await told.catch(() => undefined);
  endSession();
}
