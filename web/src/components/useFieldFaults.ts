/** What the server says of the fields of a form that names them as the server does. */
import { useState } from "react";
import { fieldFaults, type FieldFaults } from "./fieldFaults";

interface OwnFaults<Name extends string> extends FieldFaults<Name> {
  /** Whether a field still is as it was sent. */
  isAsSent: (name: Name) => boolean;
  /** To be called when the form is sent. */
  markSent: () => void;
}

export function useFieldFaults<Name extends string>(
  error: Error | null,
  values: Record<Name, string>,
): OwnFaults<Name> {
  const [sent, setSent] = useState<Record<Name, string>>();
  const isAsSent = (name: Name) => sent?.[name] === values[name];
  const placeOf = (field: string) => (field in values ? (field as Name) : undefined);
  return {
    ...fieldFaults(error, placeOf, isAsSent),
    isAsSent,
    markSent: () => setSent(values),
  };
}
