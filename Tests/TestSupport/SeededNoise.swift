/// Random numbers that are the same in every run, so that a failure can be seen again.
package struct SeededNoise: RandomNumberGenerator {
    private var state: UInt64

    /// Starts a series.
    package init(seed: UInt64) { state = seed }

    /// The next number (splitmix64).
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A text with one to four bytes changed, removed or put in.
    package mutating func spoil(_ bytes: [UInt8]) -> [UInt8] {
        let likely = Array("0123456789 \n=.-:maxN\t\0\u{ff}".utf8)
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let place = Int.random(in: 0...result.count, using: &self)
            let byte = likely.randomElement(using: &self) ?? 0
            switch Int.random(in: 0..<4, using: &self) {
            case 0 where place < result.count: result.remove(at: place)
            case 1 where place < result.count:
                result[place] = UInt8.random(in: 0...255, using: &self)
            case 2 where place < result.count: result[place] = byte
            default: result.insert(byte, at: place)
            }
        }
        return result
    }
}
