import { render } from 'preact'
import '../shared/style/desk.css'
import '../shared/theme'
import { startRouting } from '../shared/router'
import { chooseLanguage, preferredLanguage } from '../shared/texts'
import { App } from './app'

await chooseLanguage(preferredLanguage())
startRouting()
render(<App />, document.getElementById('desk')!)
