// Darkroom
// SPDX-License-Identifier: Apache-2.0

import CVipsShim

extension PictureHeader {
    init(_ header: cvips_header) {
        stored = PixelSize(width: Int(header.width), height: Int(header.height))
        orientation = Int(header.orientation)
        frames = Int(header.pages)
        bitDepth = Int(header.bits)
        hasAlpha = header.has_alpha != 0
        isProgressive = header.is_interlaced != 0
        colourSpace = ColourSpace(header.space)
    }
}

extension ColourSpace {
    init(_ space: cvips_space) {
        self =
            switch space {
            case CVIPS_SPACE_RGB: .rgb
            case CVIPS_SPACE_GREY: .grey
            case CVIPS_SPACE_CMYK: .cmyk
            case CVIPS_SPACE_LAB: .lab
            default: .other
            }
    }
}

extension cvips_colour {
    init(_ colour: RGBColour) { self.init(red: colour.red, green: colour.green, blue: colour.blue) }
}

extension ImageFormat {
    var loader: cvips_loader {
        switch self {
        case .jpeg: CVIPS_LOAD_JPEG
        case .png: CVIPS_LOAD_PNG
        case .gif: CVIPS_LOAD_GIF
        case .webp: CVIPS_LOAD_WEBP
        case .tiff: CVIPS_LOAD_TIFF
        case .heic, .avif: CVIPS_LOAD_HEIF
        }
    }
}

extension OutputFormat {
    var saver: cvips_saver {
        switch self {
        case .jpeg: CVIPS_SAVE_JPEG
        case .png: CVIPS_SAVE_PNG
        case .webp: CVIPS_SAVE_WEBP
        case .avif: CVIPS_SAVE_AVIF
        }
    }
}

extension cvips_save_options {
    init(_ plan: RenditionPlan) {
        self.init(saver: plan.format.saver, quality: Int32(plan.quality), progressive: plan.progressive ? 1 : 0)
    }
}
