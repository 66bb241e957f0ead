import { main } from '../../demos/httpHeaders';
import { describeDemo } from './describeDemo';

describe('the demo httpHeaders', () => {
  describeDemo('httpHeaders', main);
});
