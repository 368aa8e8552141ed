/** Whom an id belongs to, as far as the person who is signed in may know. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { answerOf, platform } from "~/api/client";
import { useUser } from "./useSession";

const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: () => answerOf(platform.GET("/platform/api/admin/users")),
  staleTime: 60_000,
});

/** Gives the e-mail address of a user's id; an id that is not known stays what it is. */
export function useEmails(): (id: string) => string {
  const user = useUser();
  const mayAsk = user?.roles.includes("admin") === true;
  const { data } = useQuery({ ...usersQuery, enabled: mayAsk });
  return (id) => {
    if (id === user?.id) return user.email;
    return data?.users.find((each) => each.id === id)?.email ?? id;
  };
}
