using Zhengtong.OpenData.Model;

namespace Zhengtong.Tests.OpenData.Model;

public sealed class CoordinatesTests
{
    [Theory]
    [InlineData(CoordinateSystem.Gcj02, 116.397541, 39.908901)]
    [InlineData(CoordinateSystem.Bd09, 116.403914, 39.915245)]
    [InlineData(CoordinateSystem.Cgcs2000, 116.391300, 39.907500)]
    [InlineData(CoordinateSystem.Wgs84, 116.391300, 39.907500)]
    [InlineData(CoordinateSystem.None, 116.391300, 39.907500)]
    public void FromAndTo_TheWorkedExample_Agree(CoordinateSystem system, double longitude, double latitude)
    {
        var there = Coordinates.FromWgs84(116.391300, 39.907500, system);
        there.Longitude.ShouldBe(longitude, 0.0000006);
        there.Latitude.ShouldBe(latitude, 0.0000006);
        var back = Coordinates.ToWgs84(longitude, latitude, system);
        back.Longitude.ShouldBe(116.391300, 0.000001);
        back.Latitude.ShouldBe(39.907500, 0.000001);
    }

    [Theory]
    [InlineData(CoordinateSystem.Gcj02)]
    [InlineData(CoordinateSystem.Bd09)]
    public void ToWgs84_AllOverChina_ComesBackWithinACentimetre(CoordinateSystem system)
    {
        for (var longitude = 74.0; longitude < 135; longitude += 1.37)
        {
            for (var latitude = 4.0; latitude < 53; latitude += 1.13)
            {
                var there = Coordinates.FromWgs84(longitude, latitude, system);
                var back = Coordinates.ToWgs84(there.Longitude, there.Latitude, system);
                back.Longitude.ShouldBe(longitude, 0.0000001);
                back.Latitude.ShouldBe(latitude, 0.0000001);
            }
        }
    }

    [Fact]
    public void FromWgs84_OutsideChina_IsUnchanged() => Coordinates.FromWgs84(2.3522, 48.8566, CoordinateSystem.Bd09).ShouldBe((2.3522, 48.8566));
}
