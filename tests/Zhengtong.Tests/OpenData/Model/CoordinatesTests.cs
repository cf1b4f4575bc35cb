using CsCheck;
using Zhengtong.OpenData.Model;

namespace Zhengtong.Tests.OpenData.Model;

public sealed class CoordinatesTests
{
    [Fact]
    public void FromWgs84_TheGateOfHeavenlyPeace_IsWhereTheMapsHaveIt()
    {
        var (gcjX, gcjY) = Coordinates.FromWgs84(116.391300, 39.907500, CoordinateSystem.Gcj02);
        (Math.Round(gcjX, 6), Math.Round(gcjY, 6)).ShouldBe((116.397541, 39.908901));
        var (baiduX, baiduY) = Coordinates.FromWgs84(116.391300, 39.907500, CoordinateSystem.Bd09);
        (Math.Round(baiduX, 6), Math.Round(baiduY, 6)).ShouldBe((116.403914, 39.915245));
        Coordinates.FromWgs84(116.3913, 39.9075, CoordinateSystem.Cgcs2000).ShouldBe((116.3913, 39.9075));
    }

    [Fact]
    public void ToWgs84_OfWhatWasTurned_ComesBackWithinAMillimetre() => Gen.Select(Gen.Double[73.5, 134.5], Gen.Double[18.5, 53.5], Gen.Bool.Select(b => b ? CoordinateSystem.Gcj02 : CoordinateSystem.Bd09)).Sample((x, y, system) =>
    {
        var (shiftedX, shiftedY) = Coordinates.FromWgs84(x, y, system);
        var (backX, backY) = Coordinates.ToWgs84(shiftedX, shiftedY, system);
        return Math.Abs(backX - x) < 1e-8 && Math.Abs(backY - y) < 1e-8;
    });

    [Fact]
    public void FromWgs84_Abroad_ChangesNothing() => Coordinates.FromWgs84(2.2945, 48.8583, CoordinateSystem.Bd09).ShouldBe((2.2945, 48.8583));
}
