import { render } from 'preact'
import { Application } from './application.js'
import { takeLinks } from './navigation.js'
import { startTheme } from './theme.js'

const place = document.getElementById('application')
if (place !== null) {
  startTheme()
  takeLinks(document)
  render(<Application />, place)
}
