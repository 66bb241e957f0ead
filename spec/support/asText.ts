import { map } from 'rxjs';
import { text } from './record';

/** Frames as text. */
export const asText = map(text);
