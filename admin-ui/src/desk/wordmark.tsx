// Our own sign: two rings, linked, one city's and another's.
export function Wordmark({ city }: { city: string }) {
  return (
    <a class="wordmark" href="/">
      <svg viewBox="0 0 32 32" width="36" height="36" aria-hidden="true" fill="none" stroke-width="3.4" stroke-linecap="round">
        <path class="wordmark__one" d="M18.4 19.6a8 8 0 1 1 0-7.2" />
        <path class="wordmark__two" d="M13.6 12.4a8 8 0 1 1 0 7.2" />
      </svg>
      <span class="wordmark__text">
        <span class="wordmark__name">Die Herausforderung</span>
        <span class="wordmark__city">{city}</span>
      </span>
    </a>
  )
}
