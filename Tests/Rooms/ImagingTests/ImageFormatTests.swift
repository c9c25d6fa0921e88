// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Imaging

@Suite struct ImageFormatTests {
    @Test(
        arguments: [
            ([0xff, 0xd8, 0xff, 0xe0], ImageFormat.jpeg), ([0xff, 0xd8, 0x00], nil), ([], nil),
            ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], .png), ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a], nil),
            ([0x49, 0x49, 0x2a, 0x00], .tiff), ([0x4d, 0x4d, 0x00, 0x2a], .tiff), ([0x4d, 0x4d, 0x00, 0x2b], .tiff),
            ([0x49, 0x49, 0x00, 0x2a], nil), ([0x42, 0x4d, 0x36, 0x00], nil),
        ] as [([UInt8], ImageFormat?)])
    func isRecognisedByItsFirstBytes(bytes: [UInt8], format: ImageFormat?) {
        #expect(ImageFormat.sniff(bytes) == format)
    }

    @Test(
        arguments: [
            ("GIF87a", .gif), ("GIF89a;", .gif), ("GIF88a", nil), ("RIFF\0\0\0\0WEBPVP8 ", .webp),
            ("RIFF\0\0\0\0WAVEfmt ", nil), ("\0\0\0\u{18}ftypheic\0\0\0\0mif1heic", .heic),
            ("\0\0\0\u{1c}ftypmif1\0\0\0\0mif1heicmiaf", .heic), ("\0\0\0\u{1c}ftypavif\0\0\0\0avifmif1miaf", .avif),
            ("\0\0\0\u{1c}ftypmif1\0\0\0\0avifmif1miaf", .avif), ("\0\0\0\u{14}ftypisom\0\0\0\0mp42", nil),
            ("\0\0\0\u{14}ftypmif1\0\0\0\0mif1avif", nil), ("<svg xmlns='http://www.w3.org/2000/svg'/>", nil),
            ("%PDF-1.7", nil), ("push graphic-context", nil), ("<?xml version='1.0'?><image>", nil), ("hello", nil),
        ] as [(String, ImageFormat?)])
    func isRecognisedByItsFirstCharacters(text: String, format: ImageFormat?) {
        #expect(ImageFormat.sniff(Array(text.utf8)) == format)
    }
}
