using Zhengtong.OpenData.Model;

namespace Zhengtong.Tests.OpenData.Model;

public sealed class CoordinatesTests
{
    [Theory]
    [InlineData(CoordinateSystem.Gcj02, 116.397541, 39.908901)]
    [InlineData(CoordinateSystem.Bd09, 116.403914, 39.915245)]
    [InlineData(CoordinateSystem.Cgcs2000, 116.3913, 39.9075)]
    public void Convert_TheWorkedExample_ThereAndBack(CoordinateSystem system, double longitude, double latitude)
    {
        var (x, y) = Coordinates.Convert(116.3913, 39.9075, CoordinateSystem.Wgs84, system);
        (x, y).ShouldSatisfyAllConditions(p => p.x.ShouldBe(longitude, 0.000_001), p => p.y.ShouldBe(latitude, 0.000_001));
        var (back, up) = Coordinates.Convert(x, y, system, CoordinateSystem.Wgs84);
        (back, up).ShouldSatisfyAllConditions(p => p.back.ShouldBe(116.3913, 0.000_000_1), p => p.up.ShouldBe(39.9075, 0.000_000_1));
    }

    [Fact]
    public void Convert_OutsideTheCountry_IsUnchanged() => Coordinates.Convert(2.35, 48.86, CoordinateSystem.Wgs84, CoordinateSystem.Gcj02).ShouldBe((2.35, 48.86));
}
