/** Who is signed in; what can be done about it opens below. */
import { ActionIcon } from "@mantine/core";
import { IconUser } from "@tabler/icons-react";
import { useState } from "react";
import { Later } from "~/app/Later";
import { useHasAccount, useUser } from "~/app/useSession";

export function UserMenu() {
  const user = useUser();
  const hasAccount = useHasAccount();
  const [opened, setOpened] = useState(false);
  const button = (onClick?: () => void) => (
    <ActionIcon
      aria-label={user === undefined || !hasAccount ? "Account" : `Account of ${user.email}`}
      aria-haspopup="menu"
      onClick={onClick}
    >
      <IconUser size={18} stroke={1.6} />
    </ActionIcon>
  );
  return (
    <Later
      load={() => import("./UserMenuItems")}
      isWanted={opened}
      props={{ opened, onChange: setOpened, target: button() }}
      fallback={button(() => setOpened(!opened))}
    />
  );
}
