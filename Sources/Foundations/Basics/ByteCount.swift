// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// A number of bytes for people: `512 B`, `9.8 KB`, `7.2 MB` (units of 1,024).
public func formatBytes(_ count: Int64) -> String {
    var value = Double(count)
    for unit in ["B", "KB", "MB", "GB"] {
        if abs(value) < 1024 { return unit == "B" ? "\(count) B" : "\(formatNumber(value, places: 1)) \(unit)" }
        value /= 1024
    }
    return "\(formatNumber(value, places: 1)) TB"
}

/// A number with a fixed count of decimal places, a point between: `3.50`.
public func formatNumber(_ value: Double, places: Int) -> String {
    guard value.isFinite, abs(value) < 1e15, (0...6).contains(places) else { return "\(value)" }
    let scale = (0..<places).reduce(1.0) { power, _ in power * 10 }
    let scaled = Int64((value.magnitude * scale).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if places == 0 { return "\(sign)\(scaled)" }
    let fraction = String(scaled % Int64(scale))
    return "\(sign)\(scaled / Int64(scale)).\(String(repeating: "0", count: places - fraction.utf8.count))\(fraction)"
}
