// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom
import FoundationEssentials

/// What `--json` prints.
func encodeJSON(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder.ofThisProgram(.prettyPrinted).encode(value), as: UTF8.self)
}
