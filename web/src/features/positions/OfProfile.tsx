/** Whose a position is, where it could be another profile's. */
import { useProfile, useProfiles } from "~/realtime/hooks";
import classes from "./Positions.module.css";

export function OfProfile({ id }: { id: string }) {
  const name = useProfile(id)?.name ?? id;
  const isOnly = useProfiles().length < 2;
  return isOnly ? null : (
    <span className={classes.ofProfile}>
      Profile <b>{name}</b>
    </span>
  );
}
