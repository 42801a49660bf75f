// Each file of this folder makes mistakes on purpose; expected.txt has the diagnostics that must be reported.
using Microsoft.AspNetCore.Builder;

var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
app.MapUpgradeProtocols();
app.Run();
