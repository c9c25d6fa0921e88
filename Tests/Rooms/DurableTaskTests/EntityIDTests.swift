// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import FoundationEssentials
import Testing

struct EntityIDTests {
    @Test func theNameIsLowerCasedAndTheKeyKept() {
        let id = EntityID("Counter", "Cart@7")
        #expect(id.instanceID == "@counter@Cart@7")
        #expect(EntityID(instanceID: id.instanceID) == id)
        #expect(EntityID(instanceID: "@COUNTER@Cart@7") == id)
    }

    @Test(arguments: ["", "@", "counter", "@@key", "@counter", "counter@key"])
    func otherIdsAreRefused(_ text: String) {
        #expect(EntityID(instanceID: text) == nil)
    }

    @Test func itTravelsAsItsInstanceID() throws {
        let ids = [EntityID("a", ""), EntityID("a", "b")]
        let text = try JSONEncoder().encode(ids)
        #expect(String(decoding: text, as: UTF8.self) == #"["@a@","@a@b"]"#)
        #expect(try JSONDecoder().decode([EntityID].self, from: text) == ids)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([EntityID].self, from: Data(#"["a"]"#.utf8)) }
    }
}
