using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Tests.Kernel.Organisations;

public sealed class CreditCodeTests
{
    [Fact]
    public void FromBody_AnyBody_ParsesBack() => CreditCode.Parse(CreditCode.FromBody("11610000012345678").Value).Value.Length.ShouldBe(18);
}
