import Testing

@testable import CgroupModel

@Suite struct PercentTextTests {
    @Test func everyByteRoundTrips() {
        let bytes = Array(UInt8.min...UInt8.max)
        #expect(PercentText.decoded(PercentText.encoded(bytes)) == bytes)
    }

    @Test(arguments: ["%", "%4", "%+5", "%-5", "a%zz", "%4g"])
    func percentWithoutTwoDigitsIsLiteral(text: String) {
        #expect(PercentText.decoded(text) == Array(text.utf8))
    }

    @Test func numbersOfDigitsHaveNoSign() {
        #expect(UInt16(digits: "fF", radix: 16) == 255 && Int(digits: "042") == 42)
        for text in ["", "+1", "-1", "a", "1 ", " 1", "\u{661}"] {
            #expect(Int(digits: text) == nil)
        }
        #expect(UInt8(digits: "256") == nil)
    }
}
