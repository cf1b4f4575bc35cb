global using Microsoft.AspNetCore.Builder;
global using Microsoft.Extensions.DependencyInjection;
global using Microsoft.Playwright;
global using Shouldly;
global using Xunit;
global using Zhengtong.EndToEnd.Support;
