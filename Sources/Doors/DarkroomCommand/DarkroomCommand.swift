// Darkroom
// SPDX-License-Identifier: Apache-2.0

@main
struct DarkroomCommand {
    static func main() async {}
}
