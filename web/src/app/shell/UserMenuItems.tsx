/** The account, the look, and the way out. */
import { Menu, useMantineColorScheme } from "@mantine/core";
import { IconLogout, IconMoon, IconSettings, IconSun } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useHasAccount, useUser } from "~/app/useSession";
import { MENU } from "~/components/menu";
import { signOut } from "~/features/sign-in/signOut";

interface UserMenuItemsProps {
  target: ReactNode;
  opened: boolean;
  onChange: (opened: boolean) => void;
}

export default function UserMenuItems({ target, opened, onChange }: UserMenuItemsProps) {
  const user = useUser();
  const hasAccount = useHasAccount();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isDark = colorScheme === "dark";
  return (
    <Menu {...MENU} width={240} opened={opened} onChange={onChange}>
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown>
        {user === undefined || !hasAccount ? null : <Menu.Label>{user.email}</Menu.Label>}
        <Menu.Item
          leftSection={<IconSettings size={16} />}
          onClick={() => void navigate({ to: "/settings" })}
        >
          Settings
        </Menu.Item>
        <Menu.Item
          leftSection={isDark ? <IconSun size={16} /> : <IconMoon size={16} />}
          onClick={() => setColorScheme(isDark ? "light" : "dark")}
        >
          {isDark ? "Light" : "Dark"}
        </Menu.Item>
        {hasAccount ? (
          <>
            <Menu.Divider role="separator" />
            <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut(false)}>
              Sign out
            </Menu.Item>
          </>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}
