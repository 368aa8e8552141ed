/** Every limit that an entry of a profile is compared with, by who has set it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Profile } from "~/api/types";
import { limitsQuery, profileQuery } from "~/app/queries";
import { Rows } from "~/components/Panel";
import { ProblemNote } from "~/components/ProblemNote";
import { useIsPhone } from "~/components/screen";
import { LimitTable, type Scope } from "~/features/limits/LimitTable";
import type { LimitSet } from "~/features/limits/limitSet";
import classes from "./Profile.module.css";

/** The limits of a strategy config, which may be wrong while it is written. */
export function configLimits(config: Record<string, unknown> | undefined): LimitSet {
  const limits = config?.limits;
  const isObject = typeof limits === "object" && limits !== null && !Array.isArray(limits);
  return isObject ? (limits as LimitSet) : {};
}

/** Those that the profile itself does not set, from the widest to the narrowest. */
export function useScopesAround(config: Record<string, unknown> | undefined) {
  const query = useQuery(limitsQuery);
  const known = query.data?.limits;
  const scopes: Scope[] = [
    { label: "Product", limits: known?.productLimits ?? {}, isWide: true },
    { label: "All your profiles", limits: known?.limits ?? {}, isWide: true },
    { label: "Strategy config", limits: configLimits(config), isWide: false },
  ];
  return { query, scopes };
}

export function ProfileLimits({ profileId }: { profileId: string }) {
  const query = useQuery(profileQuery(profileId));
  if (query.data === undefined) {
    return query.error === null ? (
      <Rows rows={8} />
    ) : (
      <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
    );
  }
  return <Shown profile={query.data.profile} />;
}

function Shown({ profile }: { profile: Profile }) {
  const isPhone = useIsPhone();
  const { query, scopes } = useScopesAround(profile.strategyConfig);
  if (query.data === undefined && query.error === null) return <Rows rows={8} />;
  const own = { label: "This profile", limits: profile.limits, isWide: false };
  return (
    <>
      <p className={classes.limitsNote}>
        All that are set hold. Its days are counted in {profile.timeZone}. Those of all your
        profiles stand under <Link to="/limits">Limits</Link>
        {isPhone ? (
          "."
        ) : (
          <>
            , its own in{" "}
            <Link to="/profiles/$profileId/edit" params={{ profileId: profile.id }}>
              Edit
            </Link>
            .
          </>
        )}
      </p>
      <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
      <LimitTable
        label="Limits of this profile"
        scopes={[...scopes, own]}
        currency={profile.capital.currency}
      />
    </>
  );
}
