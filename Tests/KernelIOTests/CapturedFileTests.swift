import CgroupModel
import TestSupport
import Testing

/// Every format parser over every captured file: whole, at every truncation, and spoilt.
@Suite struct CapturedFileTests {
    private struct Content: Hashable {
        let name: String
        let unified: Bool
        let text: String
    }

    /// The different contents of each interface file, at most six a file.
    private static func contents(of tree: String) throws -> [Content] {
        var seen: [String: Set<Content>] = [:]
        var result: [Content] = []
        for (path, text) in try CapturedTree(tree).files() {
            let name = String(path.split(separator: "/").last ?? "")
            let unified = tree.hasPrefix("v2") || path.hasPrefix("unified/")
            let content = Content(name: name, unified: unified, text: text)
            let key = "\(name) \(unified)"
            guard seen[key, default: []].count < 6, seen[key, default: []].insert(content).inserted
            else { continue }
            result.append(content)
        }
        return result
    }

    @Test(arguments: CapturedTree.names) func truncationAffectsOnlyTheCutLine(
        tree: String
    ) throws {
        var parsed = 0
        for content in try Self.contents(of: tree) {
            guard let file = OneFile(content.name, unified: content.unified) else { continue }
            parsed += 1
            let bytes = Array(content.text.utf8)
            #expect(file.read(bytes), "\(content)")
            // Every length of a short file, and about 200 of a long one.
            let step = max(1, bytes.count / 200)
            for length in Array(stride(from: 0, to: bytes.count, by: step)) + [bytes.count] {
                let prefix = Array(bytes.prefix(length))
                let understood = file.read(prefix)
                let place = "\(content.name) at \(length) of \(content)"
                // Only names of devices without a value may end without a newline.
                if let last = prefix.last, last != 0x0a, last != 0x20 {
                    #expect(!understood, "\(place)")
                }
                if !understood, file.isOneRecord {
                    #expect(file.isAllMalformed, "\(place)")
                    continue
                }
                let end = file.isOneRecord ? length : (prefix.lastIndex(of: 0x0a) ?? -1) + 1
                let lines = String(decoding: prefix.prefix(end), as: UTF8.self)
                for (metric, source) in file.members {
                    let plain = PlainReading(metric, source)
                    let whole = try #require(plain.values(in: content.text))
                    let found = file.values(metric).filter { $0.value != "malformed" }
                    #expect(found.allSatisfy { whole[$0] == $1 } || file.isOneRecord, "\(place)")
                    for (key, value) in try #require(plain.values(in: lines)) {
                        #expect(found[key] == value, "\(metric.name) of \(place)")
                    }
                }
            }
        }
        #expect(parsed > 60)
    }

    @Test(arguments: CapturedTree.names) func randomBytesDoNotCrashOrAffectLaterReads(
        tree: String
    ) throws {
        var noise = SeededNoise(seed: 20_240_501)
        for content in try Self.contents(of: tree) {
            guard let file = OneFile(content.name, unified: content.unified) else { continue }
            let bytes = Array(content.text.utf8)
            var malformed = 0
            for _ in 0..<100 {
                if !file.read(noise.spoil(bytes)) {
                    malformed += 1
                    #expect(file.isAllMalformed || !file.isOneRecord, "\(content)")
                }
                // The key order that the noise taught must not lead the next file astray.
                #expect(file.read(bytes), "\(content)")
            }
            for (metric, source) in file.members {
                let expected = PlainReading(metric, source).values(in: content.text)
                #expect(file.values(metric) == expected, "\(metric.name) of \(content)")
            }
            _ = file.read((0..<200).map { _ in UInt8.random(in: 0...255, using: &noise) })
            if isPlainNumbers(file) { #expect(malformed > 0, "\(content)") }
        }
    }

    private func isPlainNumbers(_ file: OneFile) -> Bool {
        file.members.allSatisfy { $0.metric.kind != .text && $0.metric.dimension == nil }
    }
}
