using Microsoft.EntityFrameworkCore;

namespace Zhengtong;

internal partial class ZhengtongDb
{
    private static void ConfigureExchange(ModelBuilder builder) => _ = builder;
}
