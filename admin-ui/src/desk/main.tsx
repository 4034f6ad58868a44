import { render } from 'preact'
import '../shared/style/desk.css'
import '../shared/theme'
import { startKeepingFocus } from '../shared/focus'
import { startRouting } from '../shared/router'
import { chooseLanguage, preferredLanguage } from '../shared/texts'
import { App } from './app'

await chooseLanguage(preferredLanguage())
startRouting()
startKeepingFocus()
render(<App />, document.getElementById('desk')!)
