// Each file of this folder makes mistakes on purpose; expected.txt has what must be said of them.
using Microsoft.AspNetCore.Builder;

var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
app.MapUpgradeProtocols();
app.Run();
