// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CVipsShim

/// libvips said no, in its own words.
struct VipsError: Error {
    let message: String
}

/// An image of libvips that is decoded and in memory.
///
/// One thread at a time: libvips keeps one error text for the process.
@safe
final class VipsRaster {
    private let image: OpaquePointer
    let size: PixelSize

    /// Takes over one reference.
    @unsafe
    fileprivate init(owning image: OpaquePointer) {
        unsafe self.image = unsafe image
        let header = unsafe cvips_describe(image)
        size = PixelSize(width: Int(header.width), height: Int(header.height))
    }

    deinit { unsafe cvips_free(image) }

    var hasAlpha: Bool { unsafe cvips_has_alpha(image) != 0 }

    /// The picture at another size, each side by itself.
    func resized(to size: PixelSize) throws -> VipsRaster {
        try unsafe vipsRaster { unsafe cvips_raster(image, Int32(size.width), Int32(size.height), $0) }
    }

    /// The middle of the picture.
    func middle(_ size: PixelSize) throws -> VipsRaster {
        try unsafe vipsRaster { unsafe cvips_crop_middle(image, Int32(size.width), Int32(size.height), $0) }
    }

    /// The picture with its transparent parts laid on a colour.
    func flattened(on colour: RGBColour) throws -> VipsRaster {
        guard hasAlpha else { return self }
        return try unsafe vipsRaster { unsafe cvips_flatten(image, cvips_colour(colour), $0) }
    }

    /// The picture as a file without metadata.
    func encoded(by plan: RenditionPlan, quality: Int) throws -> EncodedFile {
        var options = cvips_save_options(plan)
        options.quality = Int32(quality)
        var file = unsafe cvips_bytes()
        let status = unsafe withErrorText { unsafe cvips_save(image, options, &file, $0) }
        guard status.value == 0 else { throw VipsError(message: status.error) }
        return unsafe EncodedFile(owning: file)
    }

    /// The pixels of a small picture, transparent parts on white.
    func pixels() throws -> SmallRaster {
        var pixels = [UInt8](repeating: 0, count: size.pixels * 3)
        let status = unsafe withErrorText { error in
            unsafe pixels.withUnsafeMutableBufferPointer {
                unsafe cvips_pixels(image, Int32(size.width), Int32(size.height), $0.baseAddress, error)
            }
        }
        guard status.value == 0 else { throw VipsError(message: status.error) }
        return SmallRaster(width: size.width, height: size.height, pixels: pixels)
    }
}

/// A file that libvips wrote to memory.
@safe
final class EncodedFile {
    private let file: cvips_bytes

    @unsafe
    fileprivate init(owning file: cvips_bytes) { unsafe self.file = unsafe file }

    deinit { unsafe cvips_bytes_free(file) }

    var count: Int { unsafe file.length }

    /// Lends the bytes.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: file.data, count: file.length))
    }
}

/// How a file is decoded.
struct VipsDecoding {
    var format: ImageFormat
    /// 1, 2, 4 or 8; heeded by JPEG and WebP.
    var shrink = 1
    /// Lays transparent parts on this colour before the resize, where that saves a channel.
    var background: RGBColour?
}

/// The door to libvips.
enum Vips {
    /// Starts the library; once per process, before anything else.
    static func start() throws {
        let status = unsafe withErrorText { unsafe cvips_start("darkroom", $0) }
        guard status.value == 0 else { throw VipsError(message: status.error) }
    }

    /// The header of a file, without a decoded pixel.
    static func header(of file: [UInt8], as format: ImageFormat) throws -> PictureHeader {
        try unsafe withImage(of: file, VipsDecoding(format: format)) { image in
            var header = PictureHeader(unsafe cvips_describe(image))
            header.exif = unsafe metadata("exif-data", of: image)
            header.profile = unsafe metadata("icc-profile-data", of: image)
            return header
        }
    }

    /// Decodes a file once: upright, sRGB or grey at 8 bits, of exactly that size.
    static func raster(of file: [UInt8], _ decoding: VipsDecoding, size: PixelSize) throws -> VipsRaster {
        try unsafe withImage(of: file, decoding) { image in
            guard let background = decoding.background, unsafe cvips_has_alpha(image) != 0 else {
                return try unsafe vipsRaster { unsafe cvips_raster(image, Int32(size.width), Int32(size.height), $0) }
            }
            let flat = try unsafe vipsRaster { unsafe cvips_flatten(image, cvips_colour(background), $0) }
            return try flat.resized(to: size)
        }
    }

    /// Encodes a file without alpha anew while it is decoded, and gives a raster of it that is `box` times
    /// smaller.
    static func encodeWhole(
        _ file: [UInt8], as format: ImageFormat, by plan: RenditionPlan, box: Int
    ) throws -> (EncodedFile, VipsRaster) {
        try unsafe withImage(of: file, VipsDecoding(format: format)) { image in
            var written = unsafe cvips_bytes()
            let raster = unsafe withErrorText {
                unsafe cvips_save_whole(image, cvips_save_options(plan), Int32(box), &written, $0)
            }
            let file = unsafe EncodedFile(owning: written)
            guard let made = unsafe raster.value else { throw VipsError(message: unsafe raster.error) }
            return unsafe (file, VipsRaster(owning: made))
        }
    }

    /// What the decoders complained about since the last call, each complaint once.
    static func takeWarnings() -> [String] {
        let text = unsafe withErrorText { unsafe cvips_take_warnings($0.text, $0.capacity) }.error
        var warnings: [String] = []
        for line in text.split(separator: "\n") where !line.contains(habitual) {
            let warning = String(line.prefix(200))
            if !warnings.contains(warning), warnings.count < 8 { warnings.append(warning) }
        }
        return warnings
    }

    /// Said of nearly every HEIC and AVIF picture, whose colours are right nevertheless.
    private static let habitual = "ignoring nclx profile"

    /// Opens a file and lends the image, which reads from `file` as long as it lives.
    private static func withImage<Result>(
        of file: [UInt8], _ decoding: VipsDecoding, _ body: (OpaquePointer) throws -> Result
    ) throws -> Result {
        try unsafe file.withUnsafeBytes { bytes in
            let image = unsafe withErrorText {
                unsafe cvips_load(
                    bytes.baseAddress, bytes.count, decoding.format.loader, Int32(decoding.shrink), $0)
            }
            guard let opened = unsafe image.value else { throw VipsError(message: unsafe image.error) }
            defer { unsafe cvips_free(opened) }
            return try unsafe body(opened)
        }
    }

    private static func metadata(_ name: String, of image: OpaquePointer) -> [UInt8]? {
        var length = 0
        guard let data = unsafe cvips_metadata(image, name, &length) else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: data, count: length))
    }
}

/// Runs a call that makes an image.
private func vipsRaster(_ body: (cvips_error) -> OpaquePointer?) throws -> VipsRaster {
    let image = unsafe withErrorText(body)
    guard let made = unsafe image.value else { throw VipsError(message: unsafe image.error) }
    return unsafe VipsRaster(owning: made)
}

/// Runs a call with room for its error text, and gives both.
private func withErrorText<Value>(_ body: (cvips_error) -> Value) -> (value: Value, error: String) {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 2048) { text in
        unsafe text.initialize(repeating: 0)
        let value = unsafe body(cvips_error(text: text.baseAddress, capacity: text.count))
        let words = unsafe text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return (value, String(decoding: words, as: UTF8.self))
    }
}
