import { useState } from 'preact/hooks'

let made = 0

/** An id that nothing else on the page has. Preact's own begin anew in a dialog, which is a tree of its own. */
export const useOwnId = (): string => useState(() => `own-${++made}`)[0]
