// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AzureStorage

struct XMLTests {
    @Test func readsWhatItWrites() throws {
        var xml = XMLWriter()
        let text = "a & b < c > d \" ' \u{9} é 🙂 \r"
        xml.element("Root", ["kind": "x<&\"'"]) { xml in
            xml.element("Child", text)
            xml.empty("Empty")
            xml.element("Child", "two")
        }
        let root = try XMLElement(parsing: xml.bytes)
        #expect(root.attributes == ["kind": "x<&\"'"])
        #expect(root.children.map(\.name) == ["Child", "Empty", "Child"])
        #expect(root["Child"]?.text == text)
        #expect(root["Empty"]?.text == "")
    }

    @Test func writesNothingThatXMLCannotHold() throws {
        var xml = XMLWriter()
        xml.element("A", "x\u{0}\u{1}\u{1F}y")
        #expect(try XMLElement(parsing: xml.bytes).text == "x\u{FFFD}\u{FFFD}\u{FFFD}y")
    }

    @Test(arguments: [
        "<a/>", "<a></a>", "<a x='1' y=\"2\"/>", "<?xml version=\"1.0\"?>\n<a>&#65;&#x42;&amp;</a>\n",
        "<a><!-- c --></a>",
        "\u{FEFF}<a/>", "<a ></a >", "<!-- before --><a/><!-- after -->", "<ns:a xmlns:ns='urn:x'/>",
    ])
    func readsWellFormedDocuments(text: String) throws {
        _ = try XMLElement(parsing: Array(text.utf8))
    }

    @Test(arguments: [
        "", " ", "text", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>x", "x<a/>", "<a", "<a x/>", "<a x=1/>",
        "<a x='1/>",
        "<a x='1' x='2'/>", "<a x='1'y='2'/>", "<a>&unknown;</a>", "<a>&</a>", "<a>&#0;</a>", "<a>&#xD800;</a>",
        "<a>&#99999999999;</a>", "<1/>", "< a/>", "<a><![CDATA[x]]></a>", "<a><?pi x?></a>", "<?xml ?", "<!-- <a/>",
        "<!DOCTYPE a><a/>", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "<a b='<'/>",
    ])
    func refusesEverythingElse(text: String) {
        #expect(code { _ = try XMLElement(parsing: Array(text.utf8)) } == .invalidXmlDocument)
    }

    @Test func refusesBytesThatAreNotText() {
        let hostile: [[UInt8]] = [[0xff], Array("<a>".utf8) + [0xc3, 0x28] + Array("</a>".utf8), [0xef, 0xbb, 0xbf]]
        for bytes in hostile { #expect(code { _ = try XMLElement(parsing: bytes) } == .invalidXmlDocument) }
    }

    @Test func refusesDocumentsThatAreTooDeepOrTooWide() throws {
        let deep = String(repeating: "<a>", count: 17) + String(repeating: "</a>", count: 17)
        #expect(code { _ = try XMLElement(parsing: Array(deep.utf8)) } == .invalidXmlDocument)
        let wide = "<a>" + String(repeating: "<b/>", count: 100) + "</a>"
        #expect(code { _ = try XMLElement(parsing: Array(wide.utf8), elementLimit: 100) } == .invalidXmlDocument)
        #expect(try XMLElement(parsing: Array(wide.utf8), elementLimit: 101).children.count == 100)
    }

    @Test func neverCrashesOnDamagedDocuments() {
        let valid = Array(
            "<?xml version=\"1.0\"?><BlockList><Latest x='&lt;'>QUFB&amp;</Latest><!--c--></BlockList>".utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes = Array(bytes[..<place])
                }
                if bytes.isEmpty { break }
            }
            _ = try? XMLElement(parsing: bytes)
            _ = try? [BlockReference](xml: bytes)
        }
    }

    @Test func readsABlockList() throws {
        let list = try [BlockReference(.latest, BlockID("QUFB")), BlockReference(.committed, BlockID("QkJC"))]
        #expect(try [BlockReference](xml: list.xml) == list)
        for (text, expected) in [
            ("<BlockList/>", nil), ("<Other/>", .invalidXmlDocument),
            ("<BlockList><Latest>%%</Latest></BlockList>", .invalidBlockList),
            ("<BlockList><Latest></Latest></BlockList>", .invalidBlockList),
            ("<BlockList><Newest>QUFB</Newest></BlockList>", .invalidXmlDocument),
        ] as [(String, StorageErrorCode?)] {
            #expect(code { _ = try [BlockReference](xml: Array(text.utf8)) } == expected)
        }
    }
}
