export { type Client, createClient, type History, Refused } from './client.ts'
export { everyPreference } from './everyPreference.ts'
export type { Place, PurposeChange, SavedEvent, Standing, Standings, Statement } from './person.ts'
export { takeToken } from './token.ts'
export type {
  Widget,
  WidgetPicture,
  WidgetPreference,
  WidgetPurpose,
  WidgetText,
  WidgetValue,
} from './widget.ts'
