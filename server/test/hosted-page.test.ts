/** The hosted page as people use it: in a browser, with JavaScript and without. One Heed and one browser serve all of it. */
import './hosted/pages.ts'
import './hosted/saving.ts'
import './hosted/history.ts'
import './hosted/language.ts'
