/** The mark: a weight below the water line that keeps what is above upright. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden fill="none">
      <path d="M12 3.2v8.6" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      <path
        d="M2.6 12.2c1.6 0 1.6-1.2 3.1-1.2s1.6 1.2 3.2 1.2S10.4 11 12 11s1.6 1.2 3.1 1.2
           1.6-1.2 3.2-1.2 1.5 1.2 3.1 1.2"
        stroke="var(--accent)"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
      <path d="M6.4 15h11.2l-2 5.2a1 1 0 0 1-.93.64H9.330a1 1 0 0 1-.93-.64z" fill="currentColor" />
    </svg>
  );
}
