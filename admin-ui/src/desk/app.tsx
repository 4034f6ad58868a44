// Decides what is on the screen: sign-in, or the frame with the screen of the present address.
import { useEffect } from 'preact/hooks'
import { catalogues, languages } from '../shared/languages'
import { useAction } from '../shared/load'
import { Button, Loading, ProblemAlert } from '../shared/parts/basic'
import { match, place } from '../shared/router'
import { isOffice, loadSession, session, user } from '../shared/session'
import { mute } from '../shared/texts'
import { Frame } from './frame'
import { NotFound } from './not_found'
import { cityRoutes, officeRoutes } from './routes'
import { SignIn } from './sign_in'

/** When not even the texts could be had, every language says so. */
function Unreachable({ retry }: { retry: () => void }) {
  return (
    <main class="alone">
      <div class="groups" role="alert">
        {languages.map((code) => (
          <div key={code} class="group" lang={code}>
            <p>{catalogues[code].unreachable}.</p>
            <div><Button icon="autorenew" onClick={retry}>{catalogues[code].retry}</Button></div>
          </div>
        ))}
      </div>
    </main>
  )
}

export function App() {
  const start = useAction()
  const load = () => void start.run(loadSession)
  useEffect(load, [])

  if (mute.value) return start.problem.value && <Unreachable retry={load} />
  if (session.value === null) {
    return <main class="alone">{start.problem.value ? <ProblemAlert problem={start.problem.value} retry={load} /> : <Loading />}</main>
  }
  if (user.value === null) return <SignIn />

  const routes = isOffice.value ? officeRoutes : cityRoutes
  for (const [pattern, screen] of routes) {
    const parameters = match(pattern, place.value.path)
    if (parameters) return <Frame><div key={place.value.path}>{screen(parameters)}</div></Frame>
  }
  return <Frame><NotFound /></Frame>
}
