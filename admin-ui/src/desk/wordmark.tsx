// Our own sign: two open hands of a circle, one the town's, one the company's.
export function Wordmark({ city }: { city: string }) {
  return (
    <a class="wordmark" href="/">
      <svg viewBox="0 0 32 32" width="36" height="36" aria-hidden="true" fill="none" stroke-width="3.6" stroke-linecap="round">
        <path class="wordmark__one" d="M20 6a10 10 0 1 0 0 20" />
        <path class="wordmark__two" d="M12 6a10 10 0 1 1 0 20" />
      </svg>
      <span class="wordmark__text">
        <span class="wordmark__name">Die Herausforderung</span>
        <span class="wordmark__city">{city}</span>
      </span>
    </a>
  )
}
