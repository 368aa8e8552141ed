/** Every profile of this person. */
import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { SinceDayStart } from "~/components/DayStart";
import { Empty, PageHeader, Panel } from "~/components/Panel";
import { useIsPhone } from "~/components/screen";
import { useProfiles } from "~/realtime/hooks";
import { ProfileTable } from "./ProfileTable";

export function StrategiesPage() {
  const profiles = useProfiles();
  const isPhone = useIsPhone();
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title="Strategies"
        about={
          <>
            Each profile trades by its own rules with its own capital.
            {isPhone ? (
              <>
                {" "}
                Beside each stand its equity and its profit <SinceDayStart />.
              </>
            ) : null}
          </>
        }
        actions={
          isPhone ? undefined : (
            <Button onClick={() => void navigate({ to: "/strategies/new" })}>New profile</Button>
          )
        }
      />
      <Panel flush>
        {profiles.length === 0 ? (
          <Empty title="No profile yet">
            Make one from an example and look at its explanations for a while: each bar, it says
            which rule held and which did not.
          </Empty>
        ) : (
          <ProfileTable profiles={profiles} />
        )}
      </Panel>
    </>
  );
}
