import { answerOf, platform } from "~/api/client";
import { endSession, leave } from "~/api/session";

/** Ends the session here, or on every device. */
export async function signOut(everywhere: boolean): Promise<void> {
  // Here the person leaves whatever the server says.
  if (!everywhere) return leave();
  // Elsewhere it must be known to have worked.
  await answerOf(platform.POST("/platform/api/auth/logout-everywhere"));
  endSession();
}
