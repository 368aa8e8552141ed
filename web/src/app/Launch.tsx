/** What is shown until there is anything else; `index.html` has it before any script runs. */
import { Mark } from "../components/Mark";

export function Launch() {
  return (
    <div className="launch" role="status" aria-label="Starting">
      <Mark size={36} />
    </div>
  );
}
