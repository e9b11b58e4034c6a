// The calendar providers, by the names under which the sandbox knows them.

import { google } from "./google.js";
import { outlook } from "./outlook.js";

export const PROVIDERS = { google, microsoft: outlook };
