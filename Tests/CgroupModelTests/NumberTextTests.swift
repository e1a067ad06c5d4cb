import Testing

@testable import CgroupModel

@Suite struct NumberTextTests {
    /// A recording may hold any number; none ends the program.
    @Test(arguments: [
        (0.0, 0, "0"), (-0.04, 1, "0.0"), (1.25, 1, "1.3"), (-2.5, 2, "-2.50"),
        (1e17, 1, "100000000000000000.0"), (9e17, 1, "900000000000000000"),
        (1e19, 0, "1e+19"), (-1e300, 2, "-1e+300"), (.infinity, 1, "0"), (.nan, 1, "0"),
    ])
    func numbersOfAnySizeAreFormatted(number: Double, places: Int, text: String) {
        #expect(DecimalText.fixed(number, places: places) == text)
    }

    @Test(arguments: [
        (1023.4, "1023"), (1023.5, "1.0K"), (1_047_552, "1023K"), (1_048_064, "1.0M"),
        (1_048_575, "1.0M"), (1_572_864, "1.5M"),
    ])
    func bytesThatRoundTo1024UseTheNextUnit(bytes: Double, text: String) {
        #expect(DecimalText.bytes(bytes) == text)
    }

    @Test func roundedLimitThatReaches1024UsesTheNextUnit() {
        #expect(LimitValue.number(1_048_575).roundedByteText == "1.0MiB")
        #expect(LimitValue.number(1_048_524).roundedByteText == "1023.9KiB")
        #expect(LimitValue.number(17).roundedByteText == "17B")
        #expect(LimitValue.unlimited.roundedByteText == "max")
    }

    @Test func durationsAreBounded() {
        #expect(Duration.zero.nanoseconds == 0 && Duration.seconds(-1).nanoseconds == 0)
        #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
        #expect(Duration.milliseconds(1500).milliseconds == 1500)
        #expect(Duration.seconds(Int64.max).nanoseconds == UInt64.max / 4)
    }
}
