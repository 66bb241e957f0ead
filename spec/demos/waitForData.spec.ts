import { main } from '../../demos/waitForData';
import { describeDemo } from './describeDemo';

describe('the demo waitForData', () => {
  describeDemo('waitForData', main);
});
